// One storage account: the blobs of the pipeline, the app's package, and the host's own queues and state.

@description('Name of the storage account: lower-case letters and digits.')
@minLength(3)
@maxLength(24)
param accountName string

@description('Azure region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Redundancy.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
  'Standard_GZRS'
])
param sku string

@description('Days for which deleted and overwritten blobs can be brought back.')
@minValue(1)
@maxValue(365)
param retentionDays int

@description('Origins of the pages that may upload from a browser, such as https://app.example.')
param pageOrigins array

@description('Days after which uploads and what was made of them move to the cold tier: a fifth of the price to keep, but reading them again costs. 0: never.')
@minValue(0)
@maxValue(3650)
param coldAfterDays int

@description('Reached through private endpoints only, and from allowedAddresses.')
param privateNetworking bool

@description('Public addresses and ranges that reach the account even so.')
param allowedAddresses array

var pipelineContainers = [
  'uploads'
  'processed'
  'rejected'
  'partials'
]
// eventgrid.bicep names this container, too.
var deadLetterContainer = 'deadletters'
var deploymentContainer = 'deployments'
var deadLetterDays = 30
// A refresh reads partials and merges them as long as there are reports, so they stay hot.
var coldContainers = [
  'uploads/'
  'processed/'
  'rejected/'
]

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  // checkov:skip=CKV_AZURE_35:denied where privateNetworking is chosen
  // checkov:skip=CKV_AZURE_59:the firewall denies where privateNetworking is chosen; Disabled would lock out Event Grid's dead letters
  // checkov:skip=CKV_AZURE_206:a parameter; everything but uploads can be made again
  // checkov:skip=CKV_AZURE_43:the name is a parameter that is bounded, made of uniqueString
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Where networking is private, `Deny` below closes the public endpoint to all but Event Grid, which writes its dead letters
    // as a trusted service. 'Disabled' would close it to trusted services as well, and Event Grid would refuse the subscription.
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: privateNetworking ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
      ipRules: [for address in allowedAddresses: {
        action: 'Allow'
        value: address
      }]
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    // Only PUT: a page gets an address for one blob from the app, and reads nothing here.
    cors: {
      corsRules: [
        {
          allowedOrigins: pageOrigins
          allowedMethods: [
            'PUT'
          ]
          allowedHeaders: [
            'content-type'
            'x-ms-blob-type'
          ]
          exposedHeaders: []
          maxAgeInSeconds: 3600
        }
      ]
    }
    isVersioningEnabled: true
    deleteRetentionPolicy: {
      enabled: true
      days: retentionDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: retentionDays
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = [for name in concat(pipelineContainers, [deadLetterContainer, deploymentContainer]): {
  parent: blobService
  name: name
  properties: {
    publicAccess: 'None'
  }
}]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: account
  name: 'default'
}

// The host makes this queue with the first poison message only; the app's trigger wants it from the start.
resource poisonQueue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = {
  parent: queueService
  name: 'webjobs-blobtrigger-poison'
}

resource reprocessQueue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = {
  parent: queueService
  name: 'reprocess'
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  dependsOn: [
    blobService
  ]
  properties: {
    policy: {
      rules: [
        {
          // A version's age counts from when it was written, not from when it was replaced.
          // Soft delete keeps it for the same number of days again, so that no replaced file is lost at once.
          name: 'delete-old-versions'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
            }
            actions: {
              version: {
                delete: {
                  daysAfterCreationGreaterThan: retentionDays
                }
              }
            }
          }
        }
        {
          name: 'cold-old-files'
          enabled: coldAfterDays > 0
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: coldContainers
            }
            actions: {
              baseBlob: {
                tierToCold: {
                  daysAfterModificationGreaterThan: coldAfterDays
                }
              }
            }
          }
        }
        {
          name: 'delete-old-dead-letters'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [
                'blockBlob'
              ]
              prefixMatch: [
                '${deadLetterContainer}/'
              ]
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: deadLetterDays
                }
              }
            }
          }
        }
      ]
    }
  }
}

@description('Name of the storage account.')
output accountName string = account.name

@description('Id of the storage account.')
output accountId string = account.id

@description('Container for events that could not be delivered.')
output deadLetterContainerName string = deadLetterContainer

@description('Container that holds the published package.')
output deploymentContainerName string = deploymentContainer
