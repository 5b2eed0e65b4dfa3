// The Event Grid topic of the storage account, with the right to write dead letters. It needs no published app and is
// made early: rights take minutes to spread. Who listens comes after publishing: eventgrid.bicep.

@description('Name of the topic; eventgrid.bicep derives it from the storage account in the same way.')
@minLength(3)
@maxLength(128)
param topicName string

@description('Azure region of the storage account.')
param location string

@description('Tags for the topic.')
param tags object

@description('Storage account that the topic tells of.')
param storageAccountName string

@description('Container in it for events that could not be delivered.')
param deadLetterContainerName string

var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: storage
  name: 'default'
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobService
  name: deadLetterContainerName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: topicName
  location: location
  tags: tags
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

@description('Name of the topic.')
output topicName string = topic.name
