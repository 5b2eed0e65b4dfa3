// Tells the app of every upload. Deploy it after publishing: the key of the webhook exists only then, and
// Event Grid calls the webhook when the subscription is made. It may be deployed again at any time.
targetScope = 'resourceGroup'

@description('Function app that was published.')
@minLength(2)
param functionAppName string

@description('Storage account that holds the container uploads.')
@minLength(3)
param storageAccountName string

@description('Function with the blob trigger.')
@minLength(1)
param functionName string = 'ingest'

@description('Azure region of the storage account.')
@minLength(1)
param location string = resourceGroup().location

@description('Attempts before an event goes to the dead letters.')
@minValue(1)
@maxValue(30)
param maxDeliveryAttempts int = 30

@description('Minutes before an event goes to the dead letters.')
@minValue(1)
@maxValue(1440)
param eventTimeToLiveMinutes int = 1440

var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionAppName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: storage
  name: 'default'
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobService
  name: 'deadletters'
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgt-${storageAccountName}'
  location: location
  tags: storage.tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: storage.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

// Shared keys are off, so Event Grid writes dead letters as the topic's own identity.
resource deadLetterAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deadLetters.id, topic.id, storageBlobDataContributor)
  scope: deadLetters
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'uploads'
  dependsOn: [
    deadLetterAccess
  ]
  properties: {
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${site.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${functionName}&code=${listKeys('${site.id}/host/default', '2024-11-01').systemKeys.blobs_extension}'
        minimumTlsVersionAllowed: '1.2'
      }
    }
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: [
        'Microsoft.Storage.BlobCreated'
      ]
      // With /blobs/ at the end: without it, containers whose names begin alike would match as well.
      subjectBeginsWith: '/blobServices/default/containers/uploads/blobs/'
    }
    retryPolicy: {
      maxDeliveryAttempts: maxDeliveryAttempts
      eventTimeToLiveInMinutes: eventTimeToLiveMinutes
    }
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: storage.id
          blobContainerName: 'deadletters'
        }
      }
    }
  }
}
